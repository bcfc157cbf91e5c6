// What stands out: categories that the legend shows alone or hides, and a selection of neurons. The
// app is one, and draws what changes here.

class Choice {
  isolated = new Set(); // codes that alone stand out; empty for all
  hidden = new Set(); // codes that are not drawn
  chosen = null; // { members, mask, name, missed } of many neurons
  kept = {}; // { A, B }: two selections to compare

  isShown(code) {
    return !this.hidden.has(code) && (!this.isolated.size || this.isolated.has(code));
  }

  // 2 stands out, 1 is dimmed, 0 is not drawn.
  rankOf = (i) => {
    const code = this.colouring.code(i);
    if (this.hidden.has(code)) return 0;
    if (this.isolated.size && !this.isolated.has(code)) return 1;
    return !this.chosen || this.chosen.mask[i] === 1 ? 2 : 1;
  };

  // Makes `codes` stand out alone, or no more where they all did.
  isolate(...codes) {
    const all = codes.every((code) => this.isolated.has(code));
    for (const code of codes) {
      if (all) this.isolated.delete(code);
      else this.isolated.add(code);
      this.hidden.delete(code);
    }
    this.repaint();
  }

  hide(code) {
    if (!this.hidden.delete(code)) this.hidden.add(code);
    this.isolated.delete(code);
    this.repaint();
  }

  showAll() {
    this.isolated.clear();
    this.hidden.clear();
    this.repaint();
  }

  // Many neurons, in the order of the page; null for none. `missed`: what was asked for in vain.
  choose(members, name = '', missed = []) {
    this.chosen = null;
    if (members) {
      const mask = new Uint8Array(this.n);
      for (const i of members) mask[i] = 1;
      this.chosen = { members, mask, name, missed };
      const lost = missed.length ? `; not found: ${missed.slice(0, 20).join(', ')}` : '';
      this.announce(`${counted(members.length, 'neuron')} selected ${name}${lost}`);
    }
    if (members?.length && !members.some((i) => this.isOnScreen(i))) this.camera.fit(this.grid.bounds);
    this.repaint();
    if (members) this.reveal('chosen');
  }

  // Corners on the screen. Categories that are dimmed or hidden stay outside.
  lasso(path) {
    const polygon = path.map(([left, top]) => this.camera.toWorld(left, top));
    this.choose(this.grid.inside(polygon).filter((i) => this.rankOf(i) === 2), 'in the lasso');
  }

  // What the legend lets stand out; without the selection there was before.
  chooseShown() {
    this.chosen = null;
    const members = [];
    for (let i = 0; i < this.n; i += 1) if (this.rankOf(i) === 2) members.push(i);
    const codes = [...this.isolated].filter((code) => !this.hidden.has(code));
    const name = codes.length === 1 ? `of ${this.colouring.label(codes[0])}` : 'of the legend';
    this.choose(members, name);
  }

  keep(letter) {
    this.kept = { ...this.kept, [letter]: this.chosen };
    this.announce(`Kept as ${letter}`);
    this.refreshPanels();
    if (this.kept.A && this.kept.B) this.reveal('compared');
  }

  forget() {
    this.kept = {};
    this.refreshPanels();
  }
}

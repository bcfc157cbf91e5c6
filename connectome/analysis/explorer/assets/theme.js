// Light and dark: the ground of the map, and colours that were chosen for white on a dark one.

const GROUNDS = { light: '#ffffff', dark: '#14181e' };
const INKS = {
  light: { ink: '#1c2330', halo: 'rgb(255 255 255 / 88%)', ring: '#111827', soft: '#5b6472' },
  dark: { ink: '#eef1f6', halo: 'rgb(20 24 30 / 85%)', ring: '#ffffff', soft: '#aab3c2' },
};
const LIFT = 0.3; // towards white, of every colour on the dark ground
const THEMES = ['auto', 'light', 'dark'];

class Theme {
  constructor() {
    this.system = window.matchMedia('(prefers-color-scheme: dark)');
    const choice = remembered();
    this.choice = THEMES.includes(choice) ? choice : 'auto';
    this.#apply();
  }

  get dark() {
    return this.choice === 'auto' ? this.system.matches : this.choice === 'dark';
  }

  get name() {
    return this.dark ? 'dark' : 'light';
  }

  get inks() {
    return INKS[this.name];
  }

  get ground() {
    return channelsOf(GROUNDS[this.name]);
  }

  // [r, g, b] of a neuron that has no value, and of one that is dimmed with its opacity of 255.
  get missing() {
    return this.dark ? [140, 147, 160] : [51, 51, 51];
  }

  dimmed(crowded) {
    return this.dark ? [96, 104, 118, crowded ? 50 : 90] : [170, 176, 186, crowded ? 40 : 80];
  }

  lift(channels) {
    return this.dark ? channels.map((value) => Math.round(value + (255 - value) * LIFT)) : channels;
  }

  // Calls `changed` when the system or the reader wants another one.
  start(control, changed) {
    const update = () => {
      this.#apply();
      control.value = this.choice;
      changed();
    };
    control.value = this.choice;
    this.system.addEventListener('change', update);
    control.addEventListener('change', () => {
      this.choice = control.value;
      remember(this.choice);
      update();
    });
  }

  #apply() {
    document.documentElement.dataset.theme = this.name;
  }
}

// Some browsers give a page that is a file no storage: then the choice lasts as long as the page.
function remembered() {
  try {
    return window.localStorage.getItem('explorer-theme');
  } catch {
    return null;
  }
}

function remember(choice) {
  try {
    window.localStorage.setItem('explorer-theme', choice);
  } catch {
    // nothing to be done
  }
}

const theme = new Theme();

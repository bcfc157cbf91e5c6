"""From files to a :class:`~connectome.types.Connectome`, and from there to audited splits."""

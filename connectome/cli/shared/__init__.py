"""What several commands need: parsers, Hydra's command line, options and places of results."""

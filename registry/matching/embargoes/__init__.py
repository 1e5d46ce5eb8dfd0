"""Arms embargoes: the regimes in force, which flows a pair would carry, what each regime asks before they may go."""

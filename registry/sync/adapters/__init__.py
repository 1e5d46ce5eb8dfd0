"""One file each: how a partner's format becomes programme documents."""

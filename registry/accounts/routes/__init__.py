"""Who reaches which address: the tables that policy.py decides by. An address without an entry is refused."""

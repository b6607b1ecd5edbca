"""How good and how fast relaxation is: protocols, tables, reports."""

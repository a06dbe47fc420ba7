"""Which arms deserve a try on a table, and why; measured on its real rows."""

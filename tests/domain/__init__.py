"""Tables of cases for the rules: no fixtures, no database, no clock."""

"""What a market answers to each call: the tables of the catalogue read backwards."""

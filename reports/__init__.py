"""From rows to an Auswertung: evaluation, disclosure control, release, rendering."""

"""How much a key and its team may ask in a minute. No promise rests on it; it shares out what there is."""

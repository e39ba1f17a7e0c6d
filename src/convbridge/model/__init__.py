"""The nouns: ids, money, counts, classes, values, resources, changes, conversions."""

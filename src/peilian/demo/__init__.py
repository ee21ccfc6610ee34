"""The demo company: invented people and conversations, put in through the product's own doors."""

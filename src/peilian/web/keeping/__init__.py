"""The button "Keep in my handbook", for pages of every place."""

"""What every page shares: number formats, template tags, charts, navigation, errors and messages."""

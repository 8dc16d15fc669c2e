"""From a page to an article: text, metadata, chrome, gates, origin cues."""

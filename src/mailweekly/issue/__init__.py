"""What the editor wrote: Markdown text in, an Issue out. Pure; knows nothing of themes, readers or mail."""

"""One reader for each format of files, and for what such files are made of."""

"""Words: all that people read in Finnish, Swedish and English, but for the OpenAPI document.

`fi/`, `sv/` and `en/` hold the same files with the same keys. `words.toml` has what every area uses: the words for our
values, counted things, and how days are written. The glossary at its top names each concept's one word.
"""

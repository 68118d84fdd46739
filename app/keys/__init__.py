"""Keys of the settings that outlive the secret key: they sign badges, seal certificates, encrypt identity codes."""

"""The papers of data protection, in German and English, made from what is really stored."""

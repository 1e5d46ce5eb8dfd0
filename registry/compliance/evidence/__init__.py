"""Evidence of an answer: files, links and named documents, with their expiry and who may see them."""

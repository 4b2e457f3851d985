-- Lists can be filtered by this field.
CREATE INDEX by_content_type ON media (content_type, id);

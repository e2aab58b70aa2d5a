-- Additive: the version before this one does not know the column, and needs not.
ALTER TABLE users ADD COLUMN display_name text NOT NULL DEFAULT '';

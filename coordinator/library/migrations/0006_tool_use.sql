-- The host tool that a check asked, as JSON: program, hash, walls, notes. Null where it asked none.

ALTER TABLE check_result ADD COLUMN tool TEXT;

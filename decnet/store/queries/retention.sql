-- name: count(what, count, at)!
INSERT INTO removed (what, count, last_at) VALUES (:what, :count, :at)
ON CONFLICT (what) DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at;

-- name: removed()
SELECT what, count, last_at FROM removed ORDER BY what;

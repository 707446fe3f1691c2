-- name: count*!
INSERT INTO touch (hour, lure, count) VALUES (:hour, :lure, :count)
ON CONFLICT (hour, lure) DO UPDATE SET count = count + excluded.count;

-- name: since(hour, until)
SELECT hour, lure, count FROM touch WHERE hour >= :hour AND hour < :until ORDER BY hour, lure;

-- name: delete_outside(first, last)!
DELETE FROM touch WHERE hour < :first OR hour > :last;

-- name: claim_object(object_key, batch_id, drop_uri, path, place, etag, size, modified_ns)!
-- Claim an object; no row is affected when somebody has it already.
INSERT INTO dropped_objects (object_key, batch_id, drop_uri, path, place, etag, size, modified_ns)
VALUES (:object_key, :batch_id, :drop_uri, :path, :place, :etag, :size, :modified_ns)
ON DUPLICATE KEY UPDATE dropped_objects.object_key = dropped_objects.object_key;

-- name: objects_of(batch_id)
SELECT
    object_key,
    batch_id,
    drop_uri,
    path,
    place,
    etag,
    size,
    modified_ns
FROM dropped_objects
WHERE batch_id = :batch_id
ORDER BY path;

-- name: claimed_keys()
-- All objects that are claimed and not put away.
SELECT object_key
FROM dropped_objects
ORDER BY object_key;

-- name: closed_batches()
-- Batches that are closed and whose objects still lie in the drop folder: whoever was to remove them was killed.
SELECT DISTINCT o.batch_id
FROM dropped_objects AS o
INNER JOIN import_batches AS b ON o.batch_id = b.batch_id
WHERE b.finished_at IS NOT NULL
LIMIT 100;

-- name: forget_object(object_key)!
DELETE FROM dropped_objects
WHERE object_key = :object_key;

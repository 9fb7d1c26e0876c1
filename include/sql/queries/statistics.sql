-- name: own_ids()
-- The accounts that are one's own: with a social account, or nobody's competitor.
SELECT u.id
FROM `user` AS u
WHERE
    NULLIF(u.social_account_id, '') IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM user_competitor AS c WHERE c.competitor_id = u.id);

-- name: own_id(account_id)
-- That account, if it is one's own.
SELECT u.id
FROM `user` AS u
WHERE
    u.id = :account_id
    AND (
        NULLIF(u.social_account_id, '') IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM user_competitor AS c WHERE c.competitor_id = u.id)
    );

-- name: own_ids_named(username)
-- One's own accounts of that name.
SELECT u.id
FROM `user` AS u
WHERE
    u.username = :username
    AND (
        NULLIF(u.social_account_id, '') IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM user_competitor AS c WHERE c.competitor_id = u.id)
    )
ORDER BY u.id;

-- name: competitor_ids(account_id)
-- Whom an account is compared with.
SELECT competitor_id
FROM user_competitor
WHERE user_id = :account_id
ORDER BY competitor_id;

-- name: accounts(account_ids)
-- Accounts with their newest day and the moment of their newest post. Each is one look at the end of an index, which MySQL
-- reads backward for each account only when the order names it whole.
SELECT
    u.id,
    u.username,
    u.name,
    u.biography,
    u.website,
    u.profile_picture_url,
    u.has_problems,
    z.time_zone,
    (
        SELECT d.datestamp
        FROM user_data AS d
        WHERE d.user_id = u.id
        ORDER BY d.user_id DESC, d.datestamp DESC
        LIMIT 1
    ) AS newest_day,
    (
        SELECT m.`timestamp`
        FROM media AS m
        WHERE m.user_id = u.id AND NOT m.is_archived
        ORDER BY m.user_id DESC, m.`timestamp` DESC, m.id DESC
        LIMIT 1
    ) AS newest_post
FROM `user` AS u
LEFT JOIN user_time_zone AS z ON z.user_id = u.id
WHERE u.id IN :account_ids
ORDER BY u.username, u.id;

-- name: newest_day(account_id, until)
-- The newest day with data, not later than `until`.
SELECT d.datestamp
FROM user_data AS d
WHERE d.user_id = :account_id AND d.datestamp <= :until
ORDER BY d.datestamp DESC
LIMIT 1;

-- name: newest_post(account_id, before)
-- The moment of the newest post before another one.
SELECT m.`timestamp`
FROM media AS m
WHERE m.user_id = :account_id AND m.`timestamp` < :before AND NOT m.is_archived
ORDER BY m.`timestamp` DESC, m.id DESC
LIMIT 1;

-- name: latest_days(account_ids)
-- The newest day of each account. DISTINCT: the days are found first, then one row is read for each.
SELECT
    d.user_id,
    d.datestamp,
    d.followers_count,
    d.follows_count,
    d.media_count,
    d.followers_count_growth,
    d.media_count_growth
FROM (
    SELECT DISTINCT
        u.id AS user_id,
        (
            SELECT x.datestamp
            FROM user_data AS x
            WHERE x.user_id = u.id
            ORDER BY x.user_id DESC, x.datestamp DESC
            LIMIT 1
        ) AS datestamp
    FROM `user` AS u
    WHERE u.id IN :account_ids
) AS newest
STRAIGHT_JOIN user_data AS d ON d.user_id = newest.user_id AND d.datestamp = newest.datestamp;

-- name: days(account_ids, start, end)
-- The profile numbers of some accounts' days.
SELECT
    user_id,
    datestamp,
    followers_count,
    follows_count,
    media_count,
    followers_count_growth,
    media_count_growth
FROM user_data
WHERE user_id IN :account_ids AND datestamp BETWEEN :start AND :end
ORDER BY user_id, datestamp;

-- name: reach(account_id, since, until)
-- The reach of single days, by the moment at which each ended.
SELECT end_time, value
FROM user_insight_reach
WHERE user_id = :account_id AND period = 'day' AND end_time > :since AND end_time <= :until
ORDER BY end_time;

-- name: impressions(account_id, since, until)
-- The impressions of single days, by the moment at which each ended.
SELECT end_time, value
FROM user_insight_impressions
WHERE user_id = :account_id AND period = 'day' AND end_time > :since AND end_time <= :until
ORDER BY end_time;

-- name: online(account_id, since, until)
-- Followers online at each hour of each day, by the moment at which the day ended.
SELECT end_time, `hour`, value
FROM user_insight_online_follower
WHERE user_id = :account_id AND end_time > :since AND end_time <= :until
ORDER BY end_time, `hour`;

-- name: cities(account_id, since, until)
-- The newest list of cities within the period.
SELECT a.city, a.province, a.value
FROM user_insight_audience_city AS a
WHERE
    a.user_id = :account_id
    AND a.end_time = (
        SELECT x.end_time
        FROM user_insight_audience_city AS x
        WHERE x.user_id = :account_id AND x.end_time > :since AND x.end_time <= :until
        ORDER BY x.end_time DESC
        LIMIT 1
    );

-- name: countries(account_id, since, until)
-- The newest list of countries within the period.
SELECT a.country_code, a.value
FROM user_insight_audience_country AS a
WHERE
    a.user_id = :account_id
    AND a.end_time = (
        SELECT x.end_time
        FROM user_insight_audience_country AS x
        WHERE x.user_id = :account_id AND x.end_time > :since AND x.end_time <= :until
        ORDER BY x.end_time DESC
        LIMIT 1
    );

-- name: gender_ages(account_id, since, until)
-- The newest list of genders and ages within the period.
SELECT a.gender, a.age, a.value
FROM user_insight_audience_gender_age AS a
WHERE
    a.user_id = :account_id
    AND a.end_time = (
        SELECT x.end_time
        FROM user_insight_audience_gender_age AS x
        WHERE x.user_id = :account_id AND x.end_time > :since AND x.end_time <= :until
        ORDER BY x.end_time DESC
        LIMIT 1
    );

-- name: hashtags(account_ids, start, end)
-- Each account's hashtags on their newest day within the period.
SELECT
    h.user_id,
    h.hashtag,
    h.post_count,
    h.like_count,
    h.comments_count,
    h.total_engagement,
    h.engagement_per_post
FROM (
    SELECT
        x.user_id,
        MAX(x.datestamp) AS datestamp
    FROM user_hashtag_metrics AS x
    WHERE x.user_id IN :account_ids AND x.datestamp BETWEEN :start AND :end
    GROUP BY x.user_id
) AS newest
STRAIGHT_JOIN user_hashtag_metrics AS h ON h.user_id = newest.user_id AND h.datestamp = newest.datestamp;

-- Accounts and their statistics, as the service's collectors fill them. A database of its own; nothing of the imports is in it.
-- Timestamps are UTC. `datestamp` is a day of the account's own time zone. Rows are kept in the order in which a report reads
-- them: an account's (or a media's) days one after another.

CREATE TABLE `user` (
    id VARCHAR(50) NOT NULL PRIMARY KEY,
    username VARCHAR(100) NOT NULL,
    name VARCHAR(255) NULL,
    biography TEXT NULL,
    profile_picture_url TEXT NULL,
    website TEXT NULL,
    social_account_id VARCHAR(50) NULL,
    updated_timestamp DATETIME NULL,
    has_problems BOOLEAN NOT NULL DEFAULT FALSE,
    is_userid_valid BOOLEAN NOT NULL DEFAULT TRUE,
    KEY ix_user_username (username)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Ours: whose days are not those of the setting `time_zone`.
CREATE TABLE user_time_zone (
    user_id VARCHAR(50) NOT NULL PRIMARY KEY,
    time_zone VARCHAR(64) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_competitor (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    competitor_id VARCHAR(50) NOT NULL,
    PRIMARY KEY (user_id, competitor_id),
    UNIQUE KEY uq_user_competitor_id (id),
    KEY ix_user_competitor_competitor (competitor_id),
    CONSTRAINT fk_user_competitor_user FOREIGN KEY (user_id) REFERENCES `user` (id),
    CONSTRAINT fk_user_competitor_competitor FOREIGN KEY (competitor_id) REFERENCES `user` (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_data (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    followers_count BIGINT NULL,
    follows_count BIGINT NULL,
    media_count BIGINT NULL,
    followers_count_growth BIGINT NULL,
    media_count_growth BIGINT NULL,
    updated_timestamp DATETIME NULL,
    datestamp DATE NOT NULL,
    PRIMARY KEY (user_id, datestamp),
    UNIQUE KEY uq_user_data_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_reach (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    period VARCHAR(10) NOT NULL,
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, period, end_time),
    UNIQUE KEY uq_user_insight_reach_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_impressions (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    period VARCHAR(10) NOT NULL,
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, period, end_time),
    UNIQUE KEY uq_user_insight_impressions_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_online_follower (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    `hour` TINYINT NOT NULL,
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, end_time, `hour`),
    UNIQUE KEY uq_user_insight_online_follower_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_audience_city (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    city VARCHAR(150) NOT NULL,
    province VARCHAR(150) NOT NULL DEFAULT '',
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, end_time, city, province),
    UNIQUE KEY uq_user_insight_audience_city_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_audience_country (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    country_code VARCHAR(10) NOT NULL,
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, end_time, country_code),
    UNIQUE KEY uq_user_insight_audience_country_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_insight_audience_gender_age (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    gender VARCHAR(10) NOT NULL,
    age VARCHAR(10) NOT NULL,
    value BIGINT NULL,
    end_time DATETIME NOT NULL,
    updated_timestamp DATETIME NULL,
    PRIMARY KEY (user_id, end_time, gender, age),
    UNIQUE KEY uq_user_insight_audience_gender_age_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE media (
    id VARCHAR(50) NOT NULL PRIMARY KEY,
    user_id VARCHAR(50) NOT NULL,
    permalink VARCHAR(255) NULL,
    media_type VARCHAR(20) NOT NULL,
    `timestamp` DATETIME NOT NULL,
    caption TEXT NULL,
    like_count BIGINT NULL,
    comments_count BIGINT NULL,
    media_url TEXT NULL,
    thumbnail_url TEXT NULL,
    shortcode VARCHAR(50) NULL,
    media_hashtag TEXT NULL,
    is_archived BOOLEAN NOT NULL DEFAULT FALSE,
    updated_timestamp DATETIME NULL,
    datestamp DATE NULL,
    KEY ix_media_user_timestamp (user_id, `timestamp`, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE media_like_comment (
    id BIGINT NOT NULL AUTO_INCREMENT,
    media_id VARCHAR(50) NOT NULL,
    like_count BIGINT NULL,
    comments_count BIGINT NULL,
    like_count_growth BIGINT NULL,
    comments_count_growth BIGINT NULL,
    updated_timestamp DATETIME NULL,
    datestamp DATE NOT NULL,
    PRIMARY KEY (media_id, datestamp),
    UNIQUE KEY uq_media_like_comment_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE media_insight (
    id BIGINT NOT NULL AUTO_INCREMENT,
    media_id VARCHAR(50) NOT NULL,
    metric VARCHAR(50) NOT NULL,
    value BIGINT NULL,
    updated_timestamp DATETIME NULL,
    datestamp DATE NOT NULL,
    PRIMARY KEY (media_id, metric, datestamp),
    UNIQUE KEY uq_media_insight_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE user_hashtag_metrics (
    id BIGINT NOT NULL AUTO_INCREMENT,
    user_id VARCHAR(50) NOT NULL,
    hashtag VARCHAR(191) NOT NULL,
    total_engagement BIGINT NULL,
    post_count BIGINT NULL,
    engagement_per_post DECIMAL(18, 4) NULL,
    like_count BIGINT NULL,
    comments_count BIGINT NULL,
    datestamp DATE NOT NULL,
    PRIMARY KEY (user_id, datestamp, hashtag),
    UNIQUE KEY uq_user_hashtag_metrics_id (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What ends access tokens before their time, and who answers for API keys.

ALTER TABLE users ADD COLUMN session_version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE api_keys ADD COLUMN owner VARCHAR(120) NOT NULL DEFAULT '';
UPDATE api_keys SET owner = creator;
-- Of keys that keys have made, as deep as there may be some.
UPDATE api_keys AS made JOIN api_keys AS maker ON made.owner = CONCAT('apiKeys/', maker.id) SET made.owner = maker.owner;
UPDATE api_keys AS made JOIN api_keys AS maker ON made.owner = CONCAT('apiKeys/', maker.id) SET made.owner = maker.owner;
UPDATE api_keys AS made JOIN api_keys AS maker ON made.owner = CONCAT('apiKeys/', maker.id) SET made.owner = maker.owner;

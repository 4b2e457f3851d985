-- Messages to systems outside of the suite, until they are delivered or deleted. See common/outbound.
CREATE TABLE outbound_messages (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- The kind of message, e.g. "payments".
  queue VARCHAR(64) NOT NULL,
  -- The system that gets it, e.g. the name of a payment provider.
  target VARCHAR(190) NOT NULL,
  message_key VARCHAR(190) NOT NULL,
  payload LONGBLOB NOT NULL,
  -- storeops.outbound.v1.OutboundMessage.State
  state SMALLINT NOT NULL,
  -- Begun since the message was enqueued or retried by command.
  attempts INT NOT NULL,
  -- When the next attempt is due; while the message is leased, when the lease ends. By the services' clocks.
  due_time DATETIME(6) NOT NULL,
  -- The process that delivers it; empty: none.
  lease_owner VARCHAR(64) NOT NULL,
  last_error VARCHAR(1000) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  UNIQUE KEY by_key (queue, message_key),
  -- Due messages of each target; with create_time, messages are counted in the index alone.
  KEY by_target (queue, state, target, due_time, create_time),
  KEY by_state (state, id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */;

-- Circuit breakers of targets that failed last. A target without a row is reachable as far as known.
CREATE TABLE outbound_breakers (
  queue VARCHAR(64) NOT NULL,
  target VARCHAR(190) NOT NULL,
  -- In a row.
  failures INT NOT NULL,
  -- Nothing is delivered before it; then one attempt at a time. NULL: too few failures yet.
  open_until DATETIME(6) NULL,
  PRIMARY KEY (queue, target)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A process looks for due operations of the methods that it knows. by_state serves programs before this version; a later
-- version drops it.
CREATE INDEX by_method ON operations (state, method, lease_expire_time);

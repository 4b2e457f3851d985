-- Keys are found and freed by their value; nobody asks for those of a resource.
DROP INDEX by_resource ON resource_keys;

-- Knowledge graphs: what sources say of the things that a domain talks of. A graph is the union of its sources.

-- One for each source, with what read it and the hashes of its bytes and of its facts.
CREATE TABLE graph_source (
    graph TEXT NOT NULL,
    source TEXT NOT NULL,
    importer TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    hash BLOB NOT NULL,
    facts INTEGER NOT NULL CHECK (facts >= 0),
    facts_hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (graph, source)
) STRICT;

-- One for each fact, numbered in the source's canonical order. A node's word is its kind, an edge's its relation; the
-- object is an edge's other end or another name. `folded` is how a name is looked up.
CREATE TABLE graph_fact (
    graph TEXT NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    claim TEXT NOT NULL CHECK (claim IN ('node', 'name', 'edge')),
    subject TEXT NOT NULL,
    word TEXT,
    object TEXT,
    folded TEXT,
    value INTEGER,
    certainty TEXT,
    line INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (graph, source, seq),
    FOREIGN KEY (graph, source) REFERENCES graph_source (graph, source)
) STRICT;
CREATE INDEX graph_fact_by_subject ON graph_fact (graph, subject);
CREATE INDEX graph_fact_by_object ON graph_fact (graph, object) WHERE claim = 'edge';
CREATE INDEX graph_fact_by_name ON graph_fact (graph, folded) WHERE folded IS NOT NULL;

PRAGMA user_version = 6;
PRAGMA journal_mode = WAL;
CREATE TABLE runs (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     run TEXT NOT NULL UNIQUE,
     epoch INTEGER NOT NULL,
     next INTEGER NOT NULL,
     ended INTEGER NOT NULL,
     client_seq INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   , status TEXT, agent TEXT, session TEXT, principal TEXT, updated_at INTEGER, mail_closed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE events (
     run_id INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (run_id, seq)
   ) STRICT;
CREATE TABLE mailbox (
     run_id INTEGER NOT NULL,
     position INTEGER NOT NULL,
     id TEXT NOT NULL,
     kind TEXT NOT NULL,
     body TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (run_id, position),
     UNIQUE (run_id, id)
   ) STRICT;
CREATE VIEW event AS
     SELECT runs.run, each.value ->> 'seq' AS seq, each.value ->> 'type' AS type, each.value AS body
     FROM runs JOIN events ON events.run_id = runs.id, json_each(events.body) AS each;
CREATE TABLE lease (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     run TEXT NOT NULL UNIQUE,
     agent TEXT NOT NULL,
     owner TEXT,
     beat INTEGER NOT NULL,
     wanted INTEGER NOT NULL,
     wake_at INTEGER
   ) STRICT;
CREATE TABLE session_item (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
CREATE INDEX session_item_of ON session_item (session, id);
CREATE TABLE session_step (
     session TEXT NOT NULL,
     step TEXT NOT NULL,
     PRIMARY KEY (session, step)
   ) STRICT, WITHOUT ROWID;
CREATE TABLE session_hold (
     session TEXT PRIMARY KEY,
     run TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
CREATE INDEX runs_status ON runs (status, id);
CREATE INDEX runs_agent ON runs (agent, id);
CREATE INDEX runs_session ON runs (session, id) WHERE session IS NOT NULL;
CREATE INDEX runs_principal ON runs (principal, id) WHERE principal IS NOT NULL;
CREATE TABLE reader (
     run TEXT NOT NULL,
     owner TEXT NOT NULL,
     beat INTEGER NOT NULL,
     PRIMARY KEY (run, owner)
   ) STRICT, WITHOUT ROWID;
CREATE INDEX reader_owner ON reader (owner);
CREATE INDEX runs_open ON runs (principal, id) WHERE ended = 0 AND principal IS NOT NULL;
INSERT INTO runs (id, run, epoch, next, ended, client_seq, created_at, status, agent, session, principal, updated_at, mail_closed) VALUES (1, 'run_tools', 1, 46, 1, 46, 1795366425952, 'completed', 'Clerk', null, null, 1795366425758, 0);
INSERT INTO runs (id, run, epoch, next, ended, client_seq, created_at, status, agent, session, principal, updated_at, mail_closed) VALUES (2, 'run_cut-tool', 1, 20, 0, 20, 1795366425961, 'running', 'Clerk', null, null, 1795366425804, 0);
INSERT INTO events (run_id, seq, body) VALUES (1, 0, '[{"type":"run.started","v":1,"agent":"Clerk","input":"Go on.","maxTurns":10,"workflowName":"Agent workflow","traceId":"trace_kept","codeVersion":"1.0","graph":{"hash":"e203e0780b39e769df317515fcb8c10b5e5716df04dac24e5345f08749d36428","agents":{"Clerk":{"tools":{"look":"84eea5ff96327f57 idempotent","pay":"f488118520b473ce once","fail":"a0be883aadadcf5e once"},"handoffs":{},"output":"text"}}},"run":"run_tools","seq":0,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 1, '[{"type":"span.started","span":"span_cda8d0ab071743f78c6d496c","data":{"type":"task","name":"Agent workflow"},"run":"run_tools","seq":1,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 2, '[{"type":"span.started","span":"span_14234c841975b59d01bcba78","data":{"type":"agent","name":"Clerk","handoffs":[],"tools":[],"output_type":"text"},"parent":"span_cda8d0ab071743f78c6d496c","run":"run_tools","seq":2,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 3, '[{"type":"agent.started","agent":"Clerk","run":"run_tools","seq":3,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 4, '[{"type":"span.started","span":"span_35be89759e216750e5c5c150","data":{"type":"turn","turn":1,"agent_name":"Clerk"},"parent":"span_14234c841975b59d01bcba78","run":"run_tools","seq":4,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 5, '[{"type":"turn.started","turn":1,"agent":"Clerk","run":"run_tools","seq":5,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 6, '[{"type":"span.started","span":"span_0dc74e3fdf7dda4566b6a5f5","data":{"type":"generation"},"parent":"span_35be89759e216750e5c5c150","run":"run_tools","seq":6,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 7, '[{"type":"model.called","step":"1:model:0","attempt":1,"agent":"Clerk","inputHash":"a702884e72e0fc095aa9b4d024ce9e15a070ca537ed6bdde2bcc1dd1d505a333","run":"run_tools","seq":7,"epoch":1,"at":1795366425754}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 8, '[{"type":"model.part","step":"1:model:0","attempt":1,"part":{"type":"response_started"},"run":"run_tools","seq":8,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 9, '[{"type":"model.delta","step":"1:model:0","attempt":1,"text":"Let me","raw":{"type":"response.created","response":{"id":"resp_scripted"}},"echo":"after","run":"run_tools","seq":9,"epoch":1,"at":1795366425755,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 10, '[{"type":"model.delta","step":"1:model:0","attempt":1,"text":" see.","raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":"Let me"},"echo":"after","run":"run_tools","seq":10,"epoch":1,"at":1795366425755,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 11, '[{"type":"model.delta","step":"1:model:0","attempt":1,"raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":" see."},"run":"run_tools","seq":11,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 12, '[{"type":"model.returned","step":"1:model:0","attempt":1,"output":[{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"Let me see."}]},{"type":"function_call","name":"look","callId":"c1","id":"c1","status":"completed","arguments":"{\"n\":1}"},{"type":"function_call","name":"fail","callId":"c2","id":"c2","status":"completed","arguments":"{}"}],"usage":{"requests":1,"inputTokens":0,"outputTokens":0,"totalTokens":0},"streamed":true,"responseId":"resp_scripted","run":"run_tools","seq":12,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 13, '[{"type":"span.ended","span":"span_0dc74e3fdf7dda4566b6a5f5","data":{"type":"generation","usage":{"input_tokens":0,"output_tokens":0}},"run":"run_tools","seq":13,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 14, '[{"type":"item.added","kind":"message","agent":"Clerk","item":{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"Let me see."}]},"run":"run_tools","seq":14,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 15, '[{"type":"item.added","kind":"tool_call","agent":"Clerk","item":{"type":"function_call","name":"look","callId":"c1","id":"c1","status":"completed","arguments":"{\"n\":1}"},"run":"run_tools","seq":15,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 16, '[{"type":"item.added","kind":"tool_call","agent":"Clerk","item":{"type":"function_call","name":"fail","callId":"c2","id":"c2","status":"completed","arguments":"{}"},"run":"run_tools","seq":16,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 17, '[{"type":"span.started","span":"span_1518542ab6f2a5818ea3892e","data":{"type":"function","name":"look","input":"{\"n\":1}","output":""},"parent":"span_35be89759e216750e5c5c150","run":"run_tools","seq":17,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 18, '[{"type":"span.started","span":"span_d5126b99504e3f5cc2806f99","data":{"type":"function","name":"fail","input":"{}","output":""},"parent":"span_35be89759e216750e5c5c150","run":"run_tools","seq":18,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 19, '[{"type":"tool.called","step":"1:tool:c1","attempt":1,"callId":"c1","tool":"look","arguments":"{\"n\":1}","effects":"idempotent","idempotencyKey":"run_kept:1:tool:c1","run":"run_tools","seq":19,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 20, '[{"type":"tool.called","step":"1:tool:c2","attempt":1,"callId":"c2","tool":"fail","arguments":"{}","effects":"once","idempotencyKey":"run_kept:1:tool:c2","run":"run_tools","seq":20,"epoch":1,"at":1795366425755}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 21, '[{"type":"span.ended","span":"span_1518542ab6f2a5818ea3892e","data":{"type":"function","name":"look","input":"{\"n\":1}","output":"saw 1"},"run":"run_tools","seq":21,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 22, '[{"type":"tool.returned","step":"1:tool:c1","attempt":1,"callId":"c1","tool":"look","output":"saw 1","run":"run_tools","seq":22,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 23, '[{"type":"span.ended","span":"span_d5126b99504e3f5cc2806f99","data":{"type":"function","name":"fail","input":"{}","output":"An error occurred while running the tool. Please try again."},"error":{"message":"Error running tool (non-fatal)","data":{"tool_name":"fail","error":"Error: out of order"}},"run":"run_tools","seq":23,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 24, '[{"type":"tool.returned","step":"1:tool:c2","attempt":1,"callId":"c2","tool":"fail","output":"An error occurred while running the tool. Please try again.","error":{"name":"Error","code":"UNEXPECTED","message":"Error was thrown by code outside of Tailrace. Its message and cause are on the error in the process that ran it.","retryable":false,"runId":"run_kept"},"run":"run_tools","seq":24,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 25, '[{"type":"item.added","kind":"tool_output","agent":"Clerk","item":{"type":"function_call_result","name":"look","callId":"c1","status":"completed","output":{"type":"text","text":"saw 1"}},"run":"run_tools","seq":25,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 26, '[{"type":"item.added","kind":"tool_output","agent":"Clerk","item":{"type":"function_call_result","name":"fail","callId":"c2","status":"completed","output":{"type":"text","text":"An error occurred while running the tool. Please try again."}},"run":"run_tools","seq":26,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 27, '[{"type":"span.ended","span":"span_35be89759e216750e5c5c150","data":{"type":"turn","turn":1,"agent_name":"Clerk","usage":{"input_tokens":0,"output_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0}},"run":"run_tools","seq":27,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 28, '[{"type":"turn.ended","turn":1,"outcome":"again","run":"run_tools","seq":28,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 29, '[{"type":"span.started","span":"span_8752f6919db07cf1eb045a23","data":{"type":"turn","turn":2,"agent_name":"Clerk"},"parent":"span_14234c841975b59d01bcba78","run":"run_tools","seq":29,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 30, '[{"type":"turn.started","turn":2,"agent":"Clerk","run":"run_tools","seq":30,"epoch":1,"at":1795366425757}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 31, '[{"type":"span.started","span":"span_6525b717c7d028530fa96c1e","data":{"type":"generation"},"parent":"span_8752f6919db07cf1eb045a23","run":"run_tools","seq":31,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 32, '[{"type":"model.called","step":"2:model:0","attempt":1,"agent":"Clerk","inputHash":"1f4fac4041d06b6918863ea0eeeb52ae8c482b72b8823bd6dad6904cd4874989","run":"run_tools","seq":32,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 33, '[{"type":"model.part","step":"2:model:0","attempt":1,"part":{"type":"response_started"},"run":"run_tools","seq":33,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 34, '[{"type":"model.delta","step":"2:model:0","attempt":1,"text":"It ","raw":{"type":"response.created","response":{"id":"resp_scripted"}},"echo":"after","run":"run_tools","seq":34,"epoch":1,"at":1795366425758,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 35, '[{"type":"model.delta","step":"2:model:0","attempt":1,"text":"is ","raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":"It "},"echo":"after","run":"run_tools","seq":35,"epoch":1,"at":1795366425758,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 36, '[{"type":"model.delta","step":"2:model:0","attempt":1,"text":"done.","raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":"is "},"echo":"after","run":"run_tools","seq":36,"epoch":1,"at":1795366425758,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 37, '[{"type":"model.delta","step":"2:model:0","attempt":1,"raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":"done."},"run":"run_tools","seq":37,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 38, '[{"type":"model.returned","step":"2:model:0","attempt":1,"output":[{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"It is done."}]}],"usage":{"requests":1,"inputTokens":0,"outputTokens":0,"totalTokens":0},"streamed":true,"responseId":"resp_scripted","run":"run_tools","seq":38,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 39, '[{"type":"span.ended","span":"span_6525b717c7d028530fa96c1e","data":{"type":"generation","usage":{"input_tokens":0,"output_tokens":0}},"run":"run_tools","seq":39,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 40, '[{"type":"item.added","kind":"message","agent":"Clerk","item":{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"It is done."}]},"run":"run_tools","seq":40,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 41, '[{"type":"span.ended","span":"span_8752f6919db07cf1eb045a23","data":{"type":"turn","turn":2,"agent_name":"Clerk","usage":{"input_tokens":0,"output_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0}},"run":"run_tools","seq":41,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 42, '[{"type":"turn.ended","turn":2,"outcome":"final","output":"It is done.","run":"run_tools","seq":42,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 43, '[{"type":"span.ended","span":"span_14234c841975b59d01bcba78","data":{"type":"agent","name":"Clerk","handoffs":[],"tools":["look","pay","fail"],"output_type":"text"},"run":"run_tools","seq":43,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 44, '[{"type":"span.ended","span":"span_cda8d0ab071743f78c6d496c","data":{"type":"task","name":"Agent workflow","usage":{"requests":2,"total_tokens":0,"input_tokens":0,"output_tokens":0,"cached_input_tokens":0,"cache_write_input_tokens":0}},"run":"run_tools","seq":44,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (1, 45, '[{"type":"run.completed","agent":"Clerk","output":"It is done.","usage":{"requests":2,"inputTokens":0,"outputTokens":0,"totalTokens":0,"inputTokensDetails":[],"outputTokensDetails":[]},"run":"run_tools","seq":45,"epoch":1,"at":1795366425758}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 0, '[{"type":"run.started","v":1,"agent":"Clerk","input":"Go on.","maxTurns":10,"workflowName":"Agent workflow","traceId":"trace_kept","codeVersion":"1.0","graph":{"hash":"e203e0780b39e769df317515fcb8c10b5e5716df04dac24e5345f08749d36428","agents":{"Clerk":{"tools":{"look":"84eea5ff96327f57 idempotent","pay":"f488118520b473ce once","fail":"a0be883aadadcf5e once"},"handoffs":{},"output":"text"}}},"run":"run_cut-tool","seq":0,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 1, '[{"type":"span.started","span":"span_91c6427acf469d7766e20bd3","data":{"type":"task","name":"Agent workflow"},"run":"run_cut-tool","seq":1,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 2, '[{"type":"span.started","span":"span_59e8a49f096dfc41978202d4","data":{"type":"agent","name":"Clerk","handoffs":[],"tools":[],"output_type":"text"},"parent":"span_91c6427acf469d7766e20bd3","run":"run_cut-tool","seq":2,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 3, '[{"type":"agent.started","agent":"Clerk","run":"run_cut-tool","seq":3,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 4, '[{"type":"span.started","span":"span_f33cfaf4523fc9daabbe6221","data":{"type":"turn","turn":1,"agent_name":"Clerk"},"parent":"span_59e8a49f096dfc41978202d4","run":"run_cut-tool","seq":4,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 5, '[{"type":"turn.started","turn":1,"agent":"Clerk","run":"run_cut-tool","seq":5,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 6, '[{"type":"span.started","span":"span_fc19e8c2e77d5b5b9219d790","data":{"type":"generation"},"parent":"span_f33cfaf4523fc9daabbe6221","run":"run_cut-tool","seq":6,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 7, '[{"type":"model.called","step":"1:model:0","attempt":1,"agent":"Clerk","inputHash":"a702884e72e0fc095aa9b4d024ce9e15a070ca537ed6bdde2bcc1dd1d505a333","run":"run_cut-tool","seq":7,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 8, '[{"type":"model.part","step":"1:model:0","attempt":1,"part":{"type":"response_started"},"run":"run_cut-tool","seq":8,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 9, '[{"type":"model.delta","step":"1:model:0","attempt":1,"text":"Let me","raw":{"type":"response.created","response":{"id":"resp_scripted"}},"echo":"after","run":"run_cut-tool","seq":9,"epoch":1,"at":1795366425804,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 10, '[{"type":"model.delta","step":"1:model:0","attempt":1,"text":" see.","raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":"Let me"},"echo":"after","run":"run_cut-tool","seq":10,"epoch":1,"at":1795366425804,"itemId":"msg_scripted"}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 11, '[{"type":"model.delta","step":"1:model:0","attempt":1,"raw":{"type":"response.output_text.delta","item_id":"msg_scripted","output_index":0,"content_index":0,"delta":" see."},"run":"run_cut-tool","seq":11,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 12, '[{"type":"model.returned","step":"1:model:0","attempt":1,"output":[{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"Let me see."}]},{"type":"function_call","name":"look","callId":"c1","id":"c1","status":"completed","arguments":"{\"n\":1}"},{"type":"function_call","name":"fail","callId":"c2","id":"c2","status":"completed","arguments":"{}"}],"usage":{"requests":1,"inputTokens":0,"outputTokens":0,"totalTokens":0},"streamed":true,"responseId":"resp_scripted","run":"run_cut-tool","seq":12,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 13, '[{"type":"span.ended","span":"span_fc19e8c2e77d5b5b9219d790","data":{"type":"generation","usage":{"input_tokens":0,"output_tokens":0}},"run":"run_cut-tool","seq":13,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 14, '[{"type":"item.added","kind":"message","agent":"Clerk","item":{"type":"message","role":"assistant","status":"completed","id":"msg_scripted","content":[{"type":"output_text","text":"Let me see."}]},"run":"run_cut-tool","seq":14,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 15, '[{"type":"item.added","kind":"tool_call","agent":"Clerk","item":{"type":"function_call","name":"look","callId":"c1","id":"c1","status":"completed","arguments":"{\"n\":1}"},"run":"run_cut-tool","seq":15,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 16, '[{"type":"item.added","kind":"tool_call","agent":"Clerk","item":{"type":"function_call","name":"fail","callId":"c2","id":"c2","status":"completed","arguments":"{}"},"run":"run_cut-tool","seq":16,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 17, '[{"type":"span.started","span":"span_0adf60f7d79aeb0dc010408f","data":{"type":"function","name":"look","input":"{\"n\":1}","output":""},"parent":"span_f33cfaf4523fc9daabbe6221","run":"run_cut-tool","seq":17,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 18, '[{"type":"span.started","span":"span_ad1db12ed2005fa23cca93ef","data":{"type":"function","name":"fail","input":"{}","output":""},"parent":"span_f33cfaf4523fc9daabbe6221","run":"run_cut-tool","seq":18,"epoch":1,"at":1795366425804}]');
INSERT INTO events (run_id, seq, body) VALUES (2, 19, '[{"type":"tool.called","step":"1:tool:c1","attempt":1,"callId":"c1","tool":"look","arguments":"{\"n\":1}","effects":"idempotent","idempotencyKey":"run_kept:1:tool:c1","run":"run_cut-tool","seq":19,"epoch":1,"at":1795366425804}]');

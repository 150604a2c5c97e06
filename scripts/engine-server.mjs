// An OpenAI-compatible server over llama.cpp (node-llama-cpp) for tests: /v1/models and /v1/chat/completions
// with `response_format: json_schema` by grammar, whole or as a stream. One request at a time, loopback only, a free port.
import http from "node:http";
import path from "node:path";
import { getLlama, LlamaChatSession } from "node-llama-cpp";

const file = process.argv[2];
const name = path.basename(file, ".gguf").toLowerCase();
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: 4096, threads: 1 });

let turn = Promise.resolve();

async function complete(request, onTextChunk) {
    const system = request.messages.filter((m) => m.role === "system").map((m) => m.content).join("\n");
    const user = request.messages.filter((m) => m.role === "user").map((m) => m.content).join("\n");
    const schema = request.response_format?.json_schema?.schema;
    const grammar = schema ? await llama.createGrammarForJsonSchema(schema) : undefined;
    const sequence = context.getSequence();
    try {
        const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system });
        const meter = sequence.tokenMeter.getState();
        const reply = await session.promptWithMeta(user, {
            grammar,
            onTextChunk,
            maxTokens: request.max_tokens ?? 256,
            temperature: request.temperature ?? 0,
            seed: request.seed,
        });
        const used = sequence.tokenMeter.diff(meter);
        const length = reply.stopReason === "maxTokens";
        return {
            id: "chatcmpl-local",
            object: "chat.completion",
            created: 0,
            model: name,
            choices: [{
                index: 0,
                finish_reason: length ? "length" : "stop",
                message: { role: "assistant", content: reply.responseText },
            }],
            usage: {
                prompt_tokens: used.usedInputTokens,
                completion_tokens: used.usedOutputTokens,
                total_tokens: used.usedInputTokens + used.usedOutputTokens,
            },
        };
    } finally {
        sequence.dispose();
    }
}

// The chunks of a stream: pieces of text as they come, then the reason of the end and the counts.
async function stream(request, res) {
    res.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choices, usage) => {
        const chunk = { id: "chatcmpl-local", object: "chat.completion.chunk", created: 0, model: name, choices, usage };
        res.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    const delta = (delta, finish_reason = null) => send([{ index: 0, delta, finish_reason }]);
    delta({ role: "assistant", content: "" });
    const whole = await complete(request, (content) => delta({ content }));
    delta({}, whole.choices[0].finish_reason);
    send([], whole.usage);
    res.end("data: [DONE]\n\n");
}

const server = http.createServer((req, res) => {
    const send = (status, body) => {
        res.writeHead(status, { "content-type": "application/json" });
        res.end(JSON.stringify(body));
    };
    if (req.url === "/v1/models") {
        send(200, { object: "list", data: [{ id: name, object: "model", owned_by: "local" }] });
        return;
    }
    if (req.url !== "/v1/chat/completions") {
        send(404, { error: { message: "no such address" } });
        return;
    }
    let body = "";
    req.on("data", (chunk) => (body += chunk));
    req.on("end", () => {
        turn = turn.then(async () => {
            try {
                const request = JSON.parse(body);
                if (request.model !== name) {
                    send(404, { error: { message: `the model '${request.model}' does not exist` } });
                    return;
                }
                if (request.stream) {
                    await stream(request, res);
                } else {
                    send(200, await complete(request));
                }
            } catch (error) {
                if (res.headersSent) {
                    res.destroy();
                } else {
                    send(500, { error: { message: String(error) } });
                }
            }
        });
    });
});
server.listen(0, "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${server.address().port} serving ${name}`);
});

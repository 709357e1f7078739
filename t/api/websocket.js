// The client of websocket.t: node websocket.js URL; a line of TAP for each
// thing that it does.
const WebSocket = require('ws');

const url = process.argv[2];
let number = 0;

function ok(truth, name) {
    number++;
    console.log(`${truth ? 'ok' : 'not ok'} ${number} - ${name}`);
}

function open(path) {
    return new Promise((resolve, reject) => {
        const ws = new WebSocket(url + path, {
            rejectUnauthorized: false,
            perMessageDeflate: false,
        });
        ws.heard = [];
        ws.on('message', (data, binary) => {
            const hook = ws.hook;
            ws.hook = null;
            if (hook) {
                hook({data, binary});
            } else {
                ws.heard.push({data, binary});
            }
        });
        ws.on('open', () => resolve(ws));
        ws.on('error', reject);
    });
}

function next(ws) {
    if (ws.heard.length) {
        return Promise.resolve(ws.heard.shift());
    }
    return new Promise((resolve) => { ws.hook = resolve; });
}

function event(ws, name) {
    return new Promise((resolve) => ws.once(name, (...all) => resolve(all)));
}

async function conversation() {
    const ws = await open('/echo');
    ws.send('hello');
    let m = await next(ws);
    ok(String(m.data) === 'hello' && !m.binary, 'a text');
    ws.send('');
    ok((await next(ws)).data.length === 0, 'an empty one');
    for (const size of [125, 126, 65535, 65536, 1000000]) {
        const data = Buffer.alloc(size);
        for (let i = 0; i < size; i++) {
            data[i] = (i * 7 + (i >> 8)) & 255;
        }
        ws.send(data);
        m = await next(ws);
        ok(m.binary && m.data.equals(data), `${size} bytes`);
    }
    ws.send('one, ', {fin: false});
    ws.send('two, ', {fin: false});
    ws.ping('between');
    ws.send('three', {fin: true});
    ok(String(await event(ws, 'pong')) === 'between', 'a ping in fragments');
    ok(String((await next(ws)).data) === 'one, two, three', 'put together');
    ws.send('ping me');
    ok(String(await event(ws, 'ping')) === 'from Lua', 'a ping from Lua');
    ok(String((await next(ws)).data) === 'pong from Lua', 'and its pong');
    const many = [];
    for (let i = 0; i < 100; i++) {
        ws.send(`message ${i}`);
    }
    for (let i = 0; i < 100; i++) {
        many.push(String((await next(ws)).data) === `message ${i}`);
    }
    ok(many.every((x) => x), 'a hundred at once, in order');
    ws.close(1000, 'bye');
    const [code, reason] = await event(ws, 'close');
    ok(code === 1000 && String(reason) === 'bye', 'the close handshake');
}

async function crowd() {
    const all = await Promise.all(
        Array.from({length: 200}, () => open('/echo')));
    ok(all.length === 200, '200 at once');
    all.forEach((ws, i) => ws.send(`from ${i}`));
    const said = await Promise.all(all.map((ws) => next(ws)));
    ok(said.every((m, i) => String(m.data) === `from ${i}`),
        'each hears its own');
    for (const ws of all.slice(0, 100)) {
        ws.terminate();
    }
    all.slice(100).forEach((ws) => ws.close(1001));
    const ends = await Promise.all(all.slice(100).map((ws) =>
        event(ws, 'close')));
    ok(ends.every(([code]) => code === 1001), 'and ends');
}

async function clock() {
    const ws = await open('/clock');
    ok(String((await next(ws)).data) === 'tick 1', 'Lua speaks first');
    ws.send('you');
    let heard = false;
    let ticks = 0;
    while (!heard || ticks < 5) {
        const text = String((await next(ws)).data);
        heard = heard || text === 'heard you';
        ticks += text.startsWith('tick');
    }
    ok(heard, 'and listens meanwhile');
    ws.close(1000);
    const [code] = await event(ws, 'close');
    ok(code === 1000, 'to the end');
}

(async () => {
    await conversation();
    await clock();
    if (process.argv[3] === 'crowd') {
        await crowd();
    }
    console.log(`1..${number}`);
})().catch((err) => {
    console.log(`Bail out! ${err.stack}`);
    process.exit(1);
});

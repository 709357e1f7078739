// Runs an example where it stands: its answer appears below its button as it
// comes in.  Without this script the buttons are plain links.
"use strict";

// The running request of a button, to be stopped by a second click.
const running = new Map();

function output(link) {
    const text = link.closest(".text");
    const out = document.createElement("pre");
    out.className = "out";
    text.querySelector(".out")?.remove();
    text.append(out);
    return out;
}

function write(out, text, kind) {
    const end = out.scrollHeight - out.scrollTop - out.clientHeight < 30;
    const part = document.createElement(kind ? "b" : "span");
    if (kind) {
        part.className = kind;
    }
    part.textContent = text;
    out.append(part);
    if (end) {
        out.scrollTop = out.scrollHeight;
    }
}

function seconds(start) {
    return ((performance.now() - start) / 1000).toFixed(2) + " s";
}

async function request(link, out, signal) {
    const start = performance.now();
    const response = await fetch(link.href, { signal, cache: "no-store" });
    const kind = response.ok ? "good" : "bad";
    write(out, `${response.status} ${response.statusText}\n`, kind);
    if (response.headers.get("Content-Type").startsWith("text/plain")) {
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) {
                break;
            }
            write(out, decoder.decode(value, { stream: true }));
        }
    }
    else {
        // httpd's error page
        const page = new DOMParser().parseFromString(
            await response.text(), "text/html");
        write(out, page.body.textContent.trim() + "\n");
    }
    write(out, seconds(start) + "\n", kind);
}

function events(link, out, signal) {
    return new Promise((resolve) => {
        const source = new EventSource(link.href);
        const end = () => {
            source.close();
            resolve();
        };
        source.onmessage = (event) => write(out, event.data + "\n");
        source.addEventListener("end", (event) => {
            write(out, event.data + "\n", "good");
            end();
        });
        source.onerror = () => {
            write(out, "the stream has ended\n", "bad");
            end();
        };
        signal.addEventListener("abort", end);
    });
}

// A conversation of ten words.
function echo(link, out, signal) {
    return new Promise((resolve) => {
        const socket = new WebSocket(link.href.replace(/^http/, "ws"));
        let said = 0;
        let timer;
        const say = () => {
            said++;
            socket.send(`word ${said} of 10`);
        };
        socket.onopen = say;
        socket.onmessage = (event) => {
            write(out, event.data + "\n");
            if (said === 10) {
                socket.close(1000);
            }
            else {
                timer = setTimeout(say, 500);
            }
        };
        socket.onclose = (event) => {
            clearTimeout(timer);
            write(out, `closed: ${event.code}\n`,
                event.code === 1000 ? "good" : "bad");
            resolve();
        };
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            socket.close();
        });
    });
}

async function run(link) {
    const stop = new AbortController();
    const out = output(link);
    // One at a time in each section.
    for (const [other, controller] of running) {
        if (other.closest(".text") === link.closest(".text")) {
            controller.abort();
        }
    }
    running.set(link, stop);
    link.classList.add("on");
    write(out, "GET " + link.getAttribute("href") + "\n", "good");
    try {
        const start = "events" in link.dataset ? events
            : "echo" in link.dataset ? echo : request;
        await start(link, out, stop.signal);
    }
    catch (error) {
        if (!stop.signal.aborted) {
            write(out, error + "\n", "bad");
        }
    }
    if (stop.signal.aborted) {
        write(out, "stopped\n", "bad");
    }
    if (running.get(link) === stop) {
        running.delete(link);
        link.classList.remove("on");
    }
}

for (const link of document.querySelectorAll("a.run")) {
    link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        event.preventDefault();
        if (running.has(link)) {
            running.get(link).abort();
        }
        else {
            run(link);
        }
    });
}

// What the threads of the server do, from mod_status.
async function status() {
    if (!document.hidden) {
        try {
            const response = await fetch("/server-status?auto");
            const text = await response.text();
            const value = (name) =>
                Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)[1]);
            const busy = value("BusyWorkers");
            document.getElementById("busy").textContent = busy;
            document.getElementById("all").textContent =
                busy + value("IdleWorkers");
            document.getElementById("connections").textContent =
                value("ConnsTotal");
            document.getElementById("threads-now").hidden = false;
        }
        catch (error) {
            document.getElementById("threads-now").hidden = true;
        }
    }
    setTimeout(status, 1500);
}

status();

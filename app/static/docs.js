// Swagger UI for people: it opens quickly, operations are found by their words, and a sandbox has its people and its
// clock at hand. This script begins before Swagger UI itself has been loaded.
"use strict";

const [signIn, roles] = ["sign-in", "roles"].map((id) => JSON.parse(document.getElementById(id).textContent));
const swaggerUI = new Promise((loaded) => document.addEventListener("DOMContentLoaded", loaded));
const freshKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** The list of operations, to begin with. The rest of an operation is read when it is opened. */
const outlined = (api) => ({
  ...api,
  components: { securitySchemes: api.components.securitySchemes },
  paths: mapped(api.paths, (path) =>
    mapped(path, ({ tags, summary, operationId, deprecated, security }) => ({
      tags,
      summary,
      operationId,
      deprecated,
      security,
    })),
  ),
});

/** Swagger UI's own resolver goes through the whole document for each operation, which takes seconds. */
const resolving = (api) => {
  const at = (path) => path.reduce((place, name) => place?.[name], api);
  const resolved = (node, around = []) => {
    if (Array.isArray(node)) return node.map((one) => resolved(one, around));
    if (node === null || typeof node !== "object") return node;
    const { $ref } = node;
    if (typeof $ref !== "string") {
      const each = mapped(node, (one) => resolved(one, around));
      return Array.isArray(each.allOf) ? merged(each) : each;
    }
    if (around.includes($ref)) return node;
    return { ...resolved(at($ref.slice(2).split("/")), [...around, $ref]), $$ref: $ref };
  };
  return { fn: { resolveSubtree: async (_, path) => ({ spec: resolved(at(path)), errors: [] }) } };
};

/** A schema together with those that it extends. */
const merged = ({ allOf, ...own }) =>
  allOf.reduce(
    (whole, base) => ({
      ...base,
      ...whole,
      properties: { ...base.properties, ...whole.properties },
      required: [...new Set([...(base.required ?? []), ...(whole.required ?? [])])],
    }),
    own,
  );

/** The filter box looks into the groups: at the path, the summary and the name of each operation. */
const finding = () => ({
  fn: {
    opsFilter: (groups, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/);
      const matches = (name) => (entry) => {
        const operation = entry.get("operation");
        const text = [name, entry.get("method"), entry.get("path"), operation.get("summary"), operation.get("operationId")];
        return words.every((word) => text.join(" ").toLowerCase().includes(word));
      };
      return groups
        .map((group, name) => group.update("operations", (entries) => entries.filter(matches(name))))
        .filter((group) => group.get("operations").size > 0);
    },
  },
  statePlugins: {
    layout: {
      wrapSelectors: {
        // What was found is shown: its groups open by themselves.
        isShown: (original) => (state, thing, ...others) =>
          original(thing, ...others) || (thing[0] === "operations-tag" && isText(state.get("filter"))),
      },
    },
  },
  wrapComponents: {
    operations: (Operations, { React }) => (properties) => {
      const phrase = properties.layoutSelectors.currentFilter();
      if (!isText(phrase) || properties.specSelectors.taggedOperations().size) {
        return React.createElement(Operations, properties);
      }
      return React.createElement("p", { className: "no-operation", role: "status" }, `No operation contains “${phrase}”. Try fewer or other words.`);
    },
  },
});

/** Errors are alike in all operations, so the example and the headers of each are closed at first. */
const closing = () => ({
  wrapComponents: {
    response: (Response, { React }) => (properties) => {
      const { code, response, getComponent } = properties;
      const [open, setOpen] = React.useState(!/^[45]/.test(code));
      if (open) return React.createElement(Response, properties);
      const cell = (column, ...content) => React.createElement("td", { className: `response-col_${column}` }, ...content);
      const text = React.createElement(getComponent("Markdown", true), { source: response.get("description") });
      const label = `Show the example and the headers of ${code}`;
      const onClick = () => setOpen(true);
      const button = React.createElement("button", { type: "button", className: "btn", "aria-label": label, onClick }, "Show");
      return React.createElement("tr", { className: "response closed", "data-code": code }, cell("status", code), cell("description", text, button));
    },
  },
});

/** Swagger UI shows SVG as text. As an image it is a picture, in which no script runs. */
const drawing = () => ({
  wrapComponents: {
    responseBody: (ResponseBody, { React }) => (properties) => {
      const { content, contentType } = properties;
      if (!isText(content) || !/^image\/svg\+xml\b/.test(contentType)) return React.createElement(ResponseBody, properties);
      const alt = new DOMParser().parseFromString(content, "image/svg+xml").querySelector("title")?.textContent ?? "";
      const image = React.createElement("img", { src: `data:image/svg+xml,${encodeURIComponent(content)}`, alt });
      return React.createElement("div", null, React.createElement("h5", null, "Response body"), image);
    },
  },
});

const isText = (value) => typeof value === "string" && value !== "";

const answered = async (path, options) => {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.status === 204 ? null : answer.json();
};

const sent = (method, path, body, headers) =>
  answered(path, { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });

const listed = async (path, cursor = "") => {
  const { items, next_cursor: next } = await answered(`${path}?limit=200${cursor && `&cursor=${cursor}`}`);
  return next ? [...items, ...(await listed(path, next))] : items;
};

const DAYS = [
  ["2023-01-10T12:00:00+02:00", "10 January 2023: cost statements of 2022 due on the 18th"],
  ["2023-03-15T12:00:00+02:00", "15 March 2023: change window open"],
  ["2023-06-15T12:00:00+03:00", "15 June 2023: nothing open"],
  ["2023-08-18T12:00:00+03:00", "18 August 2023: change window open"],
  ["2023-10-15T12:00:00+03:00", "15 October 2023: proposal round for 2024"],
  ["2023-11-15T12:00:00+02:00", "15 November 2023: proposal round and decision period"],
  ["2023-12-15T12:00:00+02:00", "15 December 2023: training courses of 2024"],
  ["2024-05-15T12:00:00+03:00", "15 May 2024: confirmation of the organisations’ data"],
  ["now", "Real time"],
];
const written = (instant) => instant.slice(0, 16).replace("T", " ");

/** Noon of a day in Finland. */
const noonOf = (day) => {
  const zone = new Intl.DateTimeFormat("en", { timeZone: "Europe/Helsinki", timeZoneName: "longOffset" });
  const offset = zone.formatToParts(new Date(`${day}T10:00:00Z`)).find(({ type }) => type === "timeZoneName").value;
  return `${day}T12:00:00${offset.replace("GMT", "")}`;
};

/** The bar of a sandbox: its people and its clock, each in two clicks. */
class Sandbox {
  constructor(api, authorize) {
    this.api = api;
    this.authorize = authorize;
    this.bar = document.getElementById("sandbox");
    this.examples = Object.values(api.paths)
      .flatMap(Object.values)
      .flatMap((operation) => operation["x-try-it"] ?? []);
  }

  async show() {
    const { person, time, day } = this.bar.elements;
    const times = [...new Set(this.examples.map(({ at }) => at))].sort();
    addGroup(time, "The year in the demo data", DAYS);
    addGroup(time, "Times of the examples", times.map((at) => [at, written(at)]));
    this.react(person, (value) => this.signIn({ email: value }));
    this.react(time, (value) => this.setClock(value));
    this.react(day, (value) => day.validity.valid && this.setClock(noonOf(value)));
    this.bar.addEventListener("submit", (submission) => submission.preventDefault());
    this.bar.hidden = false;
    const [people, clock] = await Promise.all([listed("/v1/sandbox/people"), answered("/v1/sandbox/clock")]);
    this.addPeople(person, people);
    this.say(`The clock shows ${written(clock.now)}.`);
  }

  addPeople(list, people) {
    const option = ({ name, email, roles: held }) => {
      const words = held.map((one) => [roles[one.role].toLowerCase(), one.organisation_name].filter(Boolean).join(", "));
      return [email, [name, ...words, email].join(", ")];
    };
    const inExamples = new Set(this.examples.map(({ as }) => as?.email));
    addGroup(list, "People of the examples", people.filter(({ email }) => inExamples.has(email)).map(option));
    for (const [role, word] of Object.entries(roles)) {
      const holders = people.filter(({ roles: held }) => held.some((one) => one.role === role));
      addGroup(list, word, holders.map(option));
    }
    addGroup(list, "No role", people.filter(({ roles: held }) => !held.length).map(option));
  }

  /** A choice in `control` says what it has done. */
  react(control, act) {
    control.addEventListener("change", async () => {
      if (!control.value) return;
      try {
        this.say((await act(control.value)) || "");
      } catch (fault) {
        this.say(fault.message);
      }
    });
  }

  say(text) {
    this.bar.querySelector("output").textContent = text;
  }

  /** `as` is the body of a request for a token, or says whose new API key to use. */
  async signIn(as) {
    const { access_token: token } = await sent("POST", "/v1/sandbox/tokens", as.key_of ? { email: as.key_of } : as);
    if (!as.key_of) {
      select(this.bar.elements.person, as.email);
      await this.authorize(token);
      return `Signed in as ${as.email ?? as.subject}.`;
    }
    const body = this.api.paths["/v1/api-keys"].post.requestBody.content["application/json"].example;
    const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": freshKey() };
    const { key } = await sent("POST", "/v1/api-keys", body, headers);
    select(this.bar.elements.person, "");
    await this.authorize(key);
    return "A new API key is used.";
  }

  async setClock(now) {
    if (now === "now") await answered("/v1/sandbox/clock", { method: "DELETE" });
    else await sent("PUT", "/v1/sandbox/clock", { now });
    select(this.bar.elements.time, now);
    return `The clock shows ${written((await answered("/v1/sandbox/clock")).now)}.`;
  }

  /** The sender and the time of an operation's example. */
  async prepare({ as, at }) {
    const clock = await this.setClock(at);
    const sender = as ? await this.signIn(as) : "";
    const text = `${sender} ${clock}`.trim();
    this.say(text);
    return text;
  }
}

/** Show the choice, if the list has it. */
const select = (list, value) => {
  list.value = value;
  if (list.selectedIndex < 0) list.selectedIndex = 0;
};

const addGroup = (list, label, choices) => {
  if (!choices.length) return;
  const group = document.createElement("optgroup");
  group.label = label;
  group.append(...choices.map(([value, text]) => new Option(text, value)));
  list.append(group);
};

/** Each operation offers the sender and the time of its example. */
const preparing = (api, sandbox) => ({
  wrapComponents: {
    parameters: (Parameters, { React }) => (properties) => {
      const [said, say] = React.useState("");
      const [path, method] = properties.pathMethod;
      const example = api.paths[path][method]["x-try-it"];
      const parameters = React.createElement(Parameters, properties);
      if (!example) return parameters;
      const label = example.as ? "Sign in and set the clock for the example" : "Set the clock for the example";
      const onClick = () => sandbox.prepare(example).then(say, (fault) => say(fault.message));
      const button = React.createElement("button", { type: "button", className: "btn", onClick }, label);
      const output = React.createElement("output", null, said);
      return React.createElement(
        React.Fragment,
        null,
        React.createElement("p", { className: "sandbox-example" }, button, output),
        parameters,
      );
    },
  },
});

/** Swagger UI has no setting for the words in its filter box, and draws the box some time later. */
const nameFilter = () => {
  const box = document.querySelector(".operation-filter-input");
  if (box) box.placeholder = "Find operations by their words, for example: return hours";
  else setTimeout(nameFilter, 50);
};

const start = async () => {
  const api = await answered("/openapi.json");
  if (signIn) {
    // The document itself is the same everywhere: only here it is known who signs people in.
    api.components.securitySchemes.signIn = signIn.scheme;
    for (const operation of Object.values(api.paths).flatMap(Object.values)) {
      operation.security?.push({ signIn: signIn.scopes });
    }
  }
  let ui;
  const plugins = [resolving(api), finding, closing, drawing];
  if (api.paths["/v1/sandbox/people"]) {
    const sandbox = new Sandbox(api, (token) => swaggerUI.then(() => ui.preauthorizeApiKey("token", token)));
    sandbox.show().catch((fault) => sandbox.say(fault.message));
    plugins.push(preparing(api, sandbox));
  }
  await swaggerUI;
  ui = SwaggerUIBundle({
    spec: outlined(api),
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    plugins,
    persistAuthorization: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: -1,
    oauth2RedirectUrl: new URL("/docs/oauth2-redirect", window.location).href,
    requestInterceptor: (request) => {
      if (new URL(request.url, window.location).origin !== window.location.origin) {
        // An issuer's token endpoint, which seldom allows another origin's page this header.
        delete request.headers["X-Requested-With"];
      } else if (request.method === "POST" && !request.headers["Idempotency-Key"]) {
        request.headers["Idempotency-Key"] = freshKey();
      }
      return request;
    },
  });
  if (signIn) {
    ui.initOAuth({
      clientId: signIn.clientId,
      scopes: signIn.scopes,
      usePkceWithAuthorizationCodeGrant: true,
      additionalQueryStringParams: signIn.parameters,
    });
  }
  nameFilter();
};

start();

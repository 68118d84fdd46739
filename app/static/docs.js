// Swagger UI for people: operations are found by their words, and a sandbox has its people and its clock at hand.
"use strict";

const signIn = JSON.parse(document.getElementById("sign-in").textContent);
const freshKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");

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
});

const isText = (value) => typeof value === "string" && value !== "";

const answered = async (path, options) => {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.json();
};

const sent = (method, path, body) =>
  answered(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** One control of the sandbox: a label with its element, and what a choice does. */
const addControl = (bar, label, element, act) => {
  const said = bar.querySelector("output");
  element.addEventListener("change", async () => {
    try {
      said.textContent = await act(element.value);
    } catch (fault) {
      said.textContent = fault.message;
    }
  });
  const labelled = document.createElement("label");
  labelled.append(`${label} `, element);
  bar.insertBefore(labelled, said);
};

const choiceOf = (choices) => {
  const element = document.createElement("select");
  for (const [value, text] of choices) element.add(new Option(text, value));
  return element;
};

const DAYS = [
  ["", "Choose a day"],
  ["2023-03-15T12:00:00+02:00", "15 March 2023: change window open"],
  ["2023-06-15T12:00:00+03:00", "15 June 2023: nothing open"],
  ["2023-10-15T12:00:00+03:00", "15 October 2023: proposal round for 2024"],
  ["2023-11-15T12:00:00+02:00", "15 November 2023: decision period"],
  ["2023-12-15T12:00:00+02:00", "15 December 2023: training courses of 2024"],
  ["now", "Real time"],
];

/** The sandbox's people and clock, each in two clicks: open the list and choose. */
const addSandbox = async (ui) => {
  const bar = document.getElementById("sandbox");
  const [people, clock] = await Promise.all([
    answered("/v1/sandbox/people?limit=20"),
    answered("/v1/sandbox/clock"),
  ]);
  const roleOf = (person) => person.roles.map((held) => [held.role, held.organisation_name].filter(Boolean).join(", "));
  const named = people.items.filter((person) => person.roles.length);
  const persons = named.map((person) => [person.id, `${person.name} (${roleOf(person).join("; ")})`]);
  addControl(bar, "Sign in as", choiceOf([["", "Choose a demo person"], ...persons]), async (id) => {
    if (!id) return "";
    const token = await sent("POST", "/v1/sandbox/tokens", { person_id: id });
    ui.preauthorizeApiKey("token", token.access_token);
    return `Signed in as ${persons.find(([one]) => one === id)[1]}.`;
  });
  const shown = (now) => `The clock shows ${now.slice(0, 16).replace("T", " ")}.`;
  addControl(bar, "Set the clock to", choiceOf(DAYS), async (day) => {
    if (!day) return "";
    if (day !== "now") return shown((await sent("PUT", "/v1/sandbox/clock", { now: day })).now);
    await fetch("/v1/sandbox/clock", { method: "DELETE" });
    return shown((await answered("/v1/sandbox/clock")).now);
  });
  bar.querySelector("output").textContent = shown(clock.now);
  bar.hidden = false;
};

/** Swagger UI has no setting for the words in its filter box, and draws the box some time later. */
const nameFilter = () => {
  const box = document.querySelector(".operation-filter-input");
  if (box) box.placeholder = "Find operations by their words, for example: return hours";
  else setTimeout(nameFilter, 50);
};

const start = async () => {
  const spec = await answered("/openapi.json");
  if (signIn) {
    // The document itself is the same everywhere: only here it is known who signs people in.
    spec.components.securitySchemes.signIn = signIn.scheme;
    for (const operation of Object.values(spec.paths).flatMap(Object.values)) {
      operation.security?.push({ signIn: signIn.scopes });
    }
  }
  const ui = SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    plugins: [finding],
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
  if (spec.paths["/v1/sandbox/people"]) await addSandbox(ui);
};

start();

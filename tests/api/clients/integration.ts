// An integration in TypeScript: asks for hours, once however often it is sent, and copies what has changed.
import createClient from "openapi-fetch";
import type { components, paths } from "./tuntipankki.js";

const { ADDRESS, TOKEN, ORGANISATION_ID, SINCE } = process.env as Record<string, string>;
// Lists are also returned as CSV; this client asks for JSON alone.
const client = createClient<paths, `application/${string}`>({
  baseUrl: ADDRESS,
  headers: { Authorization: `Bearer ${TOKEN}` },
  querySerializer: { array: { style: "form", explode: true } },
});

const made: string[] = [];
for (const key of ["one", "one", "two"]) {
  const { data, error } = await client.POST("/v1/supplementary-hour-requests", {
    params: { header: { "Idempotency-Key": `typescript-${key}` } },
    body: { organisation_id: ORGANISATION_ID, year: 2023, hours: 10, grounds: "Kysyntä" },
  });
  if (!data) throw new Error(error.detail);
  made.push(data.id);
}

const copied: string[] = [];
let cursor: string | null = null;
do {
  const page: components["schemas"]["Page_SupplementaryRequest_"] | undefined = (
    await client.GET("/v1/supplementary-hour-requests", {
      params: {
        query: {
          organisation_id: [ORGANISATION_ID],
          state: ["submitted", "approved"],
          changed_since: SINCE,
          limit: 1,
          cursor: cursor ?? undefined,
        },
      },
    })
  ).data;
  if (!page) throw new Error("no page");
  copied.push(...page.items.map((item) => item.id));
  cursor = page.next_cursor;
} while (cursor);

const one = { path: { request_id: made[0] } };
const first = await client.GET("/v1/supplementary-hour-requests/{request_id}", { params: one });
const version = { "If-None-Match": first.response.headers.get("ETag") ?? "" };
const again = await client.GET("/v1/supplementary-hour-requests/{request_id}", {
  params: { ...one, header: version },
});
const { error: refused } = await client.POST("/v1/hour-returns", {
  params: { header: { "Idempotency-Key": "typescript-return" } },
  body: { organisation_id: ORGANISATION_ID, year: 2023, hours: 1000 },
});
console.log(JSON.stringify({ made, copied, again: again.response.status, refused }));

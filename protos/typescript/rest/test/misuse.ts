/** What must not compile. Each directive is an error of the compiler itself if the line below it does compile. */

import { type HamletError, answer, createHamlet } from "../src/index.ts";

const hamlet = createHamlet({ baseUrl: "" });
const path = { postId: "" };

// @ts-expect-error a misspelt field
await hamlet.POST("/v1/posts", { body: { titel: "" } });

// @ts-expect-error a field that only answers have
await hamlet.POST("/v1/posts", { body: { title: "", bodyHtml: "" } });

// @ts-expect-error a required field is missing
await hamlet.POST("/v1/accounts", { body: { username: "", email: "" } });

// @ts-expect-error a path parameter is missing
await hamlet.GET("/v1/posts/{postId}");

// @ts-expect-error there is no such path
await hamlet.GET("/v1/articles");

// @ts-expect-error the path has no such method
await hamlet.PUT("/v1/posts/{postId}", { params: { path }, body: {} });

// @ts-expect-error there is no such query parameter
await hamlet.GET("/v1/posts", { params: { query: { colour: "red" } } });

// @ts-expect-error no value of the enum
await hamlet.GET("/v1/posts", { params: { query: { state: "PUBLISHED" } } });

// @ts-expect-error another type
await hamlet.PATCH("/v1/posts/{postId}", { params: { path }, body: { commentsClosed: "yes" } });

// @ts-expect-error a field that no answer has
(await answer(hamlet.GET("/v1/posts/{postId}", { params: { path } }))).headline;

export function spelt(error: HamletError): boolean {
  // @ts-expect-error no reason of the contract
  return error.reason === "POST_NOTFOUND";
}

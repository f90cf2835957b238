import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

const CLIENT = "avouch";

/** Somebody whom the provider knows. */
export interface Person {
  sub: string;
  preferred_username: string;
  groups: string[];
}

/** A small provider of OpenID Connect on loopback: a page where one chooses who one is, signed tokens, and a person who may say no. */
export interface Provider {
  issuer: string;
  /** From now on its tokens are signed by a key that it does not show. */
  forge: () => void;
  stop: () => Promise<void>;
}

interface Code {
  challenge: string;
  nonce: string;
  redirect: string;
  person: Person;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${String(c.charCodeAt(0))};`);

function sign(key: KeyObject, claims: object): string {
  const text = `${encode({ alg: "RS256", kid: "k1", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return new URLSearchParams(Buffer.concat(parts).toString("utf8"));
}

export async function startProvider(people: Person[]): Promise<Provider> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  let key = privateKey;
  const codes = new Map<string, Code>();
  let issuer = "";

  /** The page: a link for each person, and one to say no. */
  const page = (query: URLSearchParams): string => {
    const back = (more: Record<string, string>) => {
      const url = new URL(query.get("redirect_uri") ?? "");
      for (const [name, value] of Object.entries({ state: query.get("state") ?? "", ...more })) url.searchParams.set(name, value);
      return escape(url.href);
    };
    const link = (person: Person, n: number) => {
      const code = `code-${String(codes.size)}-${String(n)}`;
      codes.set(code, { challenge: query.get("code_challenge") ?? "", nonce: query.get("nonce") ?? "", redirect: query.get("redirect_uri") ?? "", person });
      return `<p><a href="${back({ code })}">I am ${escape(person.preferred_username)}</a></p>`;
    };
    return `<!doctype html><html lang="en"><title>Provider</title><h1>Who are you?</h1>${people.map(link).join("")}<p><a href="${back({ error: "access_denied" })}">I would rather not</a></p>`;
  };

  const token = (given: URLSearchParams): [number, object] => {
    const code = codes.get(given.get("code") ?? "");
    codes.delete(given.get("code") ?? "");
    const verifier = createHash("sha256").update(given.get("code_verifier") ?? "").digest("base64url");
    if (code === undefined || verifier !== code.challenge || given.get("redirect_uri") !== code.redirect) return [400, { error: "invalid_grant" }];
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: CLIENT, iat: now, exp: now + 300, nonce: code.nonce, ...code.person };
    return [200, { access_token: "a", token_type: "Bearer", id_token: sign(key, claims) }];
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", issuer);
    const json = (status: number, body: object) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        json(200, { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` });
        return;
      case "/keys":
        json(200, { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" }] });
        return;
      case "/auth":
        response.writeHead(200, { "content-type": "text/html" }).end(page(url.searchParams));
        return;
      case "/token":
        json(...token(await form(request)));
        return;
      default:
        json(404, {});
    }
  };

  const server: Server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  // Another site than the server's, as in earnest: cookies of one are not those of the other.
  issuer = `http://localhost:${String(address.port)}`;
  const stop = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { issuer, forge: () => (key = other), stop };
}

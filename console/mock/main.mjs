// `npm run mock`: the mock on port 4100 with a session that is open already.
import { startMock } from "./server.mjs";

const { port } = await startMock({ port: Number(process.env.PORT ?? 4100), loggedIn: process.env.LOGGED_OUT === undefined, role: process.env.ROLE ?? "admin" });
console.log(`mock on http://127.0.0.1:${port}/ (built console), or run \`npm run dev\` beside it`);

// Answers of pages besides overview and findings. A route is a function
// (world, method, path, params, body) -> body | { status, body } | undefined (not mine).
import { acceptances } from "./acceptances.mjs";
import { controls } from "./controls.mjs";
import { ledger } from "./ledger.mjs";
import { rules } from "./rules.mjs";
import { settings } from "./settings.mjs";

export const ROUTES = [acceptances, controls, ledger, rules, settings];

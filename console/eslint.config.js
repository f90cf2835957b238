import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist", "node_modules", "shots", "src/api/schema.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [ts.configs.strict, ts.configs.stylistic],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "react-hooks/exhaustive-deps": "error",
      "no-console": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true }],
      // Text of the server is text: never markup.
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text of the server is never markup." },
      ],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
    },
  },
  { files: ["src/**/*.tsx"], ...a11y.flatConfigs.strict },
  { files: ["**/*.{js,mjs}", "tests/**/*.ts"], languageOptions: { globals: { ...globals.node, ...globals.browser } }, rules: { "no-console": "off" } },
);

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { matchPage } from "./pages";
import { startTheme } from "./ui/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forced.css";

startTheme();
// While it is asked who is logged in, the page of the address comes already; a failure is told where the page is drawn.
matchPage(window.location.pathname)?.page.load().catch(() => undefined);
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

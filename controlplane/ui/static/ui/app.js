// One concern a file; they import nothing from each other and speak through DOM events (docs/ui.md), so that
// collectstatic can put them into this one file (bundles.py).
import "./js/announce.js";
import "./js/time.js";
import "./js/copy.js";
import "./js/reveal.js";
import "./js/theme.js";
import "./js/zone.js";
import "./js/menu.js";
import "./js/dialog.js";
import "./js/form.js";
import "./js/schema_form.js";
import "./js/drawer.js";
import "./js/draft.js";
import "./js/toast.js";
import "./js/live.js";
import "./js/palette.js";
import "./js/keys.js";

// The REST API's own page. Requests that are tried carry the login's cookie.
"use strict";
window.SwaggerUIBundle({
  url: document.getElementById("docs").dataset.openapi,
  dom_id: "#docs",
  deepLinking: false,
  validatorUrl: null,
});

// Signs a PDF with @signpdf: by its own signer of P12 files, or by OpenSSL in its place.
//   node sign.mjs FROM TO p12 FILE PASSWORD
//   node sign.mjs FROM TO openssl CERTIFICATE KEY
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { plainAddPlaceholder } from "@signpdf/placeholder-plain";
import { P12Signer } from "@signpdf/signer-p12";
import signpdf from "@signpdf/signpdf";
import { Signer, SUBFILTER_ETSI_CADES_DETACHED } from "@signpdf/utils";

class OpenSsl extends Signer {
  constructor(certificate, key) {
    super();
    this.options = ["-signer", certificate, "-inkey", key];
  }

  async sign(content) {
    const options = ["cms", "-sign", "-binary", "-cades", "-md", "sha256", "-outform", "DER", ...this.options];
    return execFileSync("openssl", options, { input: content });
  }
}

const [from, to, kind, first, second] = process.argv.slice(2);
const signer = kind === "p12" ? new P12Signer(readFileSync(first), { passphrase: second }) : new OpenSsl(first, second);
const pdf = plainAddPlaceholder({
  pdfBuffer: readFileSync(from),
  reason: "Pääkäyttäjähakemus",
  contactInfo: "paakayttaja@example.org",
  name: "Kaisa Kuusiranta",
  location: "Helsinki",
  subFilter: SUBFILTER_ETSI_CADES_DETACHED,
});
writeFileSync(to, await signpdf.default.sign(pdf, signer));

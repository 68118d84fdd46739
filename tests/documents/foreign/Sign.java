import java.io.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;
import org.apache.pdfbox.cos.*;
import org.apache.pdfbox.pdmodel.*;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.ess.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.operator.jcajce.*;

/** Signs a PDF by PAdES with PDFBox and BouncyCastle, as their own example does. */
public class Sign {
    public static void main(String[] args) throws Exception {
        File from = new File(args[0]), to = new File(args[1]);
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(args[2])) {
            store.load(file, args[3].toCharArray());
        }
        List<String> wishes = Arrays.asList(args).subList(4, args.length);
        String alias = store.aliases().nextElement();
        PrivateKey key = (PrivateKey) store.getKey(alias, args[3].toCharArray());
        java.security.cert.Certificate[] chain = store.getCertificateChain(alias);
        X509Certificate signer = (X509Certificate) chain[0];
        try (PDDocument document = PDDocument.load(from); OutputStream output = new FileOutputStream(to)) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
            signature.setName("Kaisa Kuusiranta");
            signature.setSignDate(Calendar.getInstance());
            for (String wish : wishes) {
                if (wish.startsWith("certify=")) certify(document, signature, Integer.parseInt(wish.substring(8)));
            }
            document.addSignature(signature, content -> cms(content, key, signer, chain));
            if (wishes.contains("tag")) tag(document);
            document.saveIncremental(output);
        }
    }
    static byte[] cms(InputStream content, PrivateKey key, X509Certificate signer, java.security.cert.Certificate[] chain) throws IOException {
        try {
            ESSCertIDv2 named = new ESSCertIDv2(MessageDigest.getInstance("SHA-256").digest(signer.getEncoded()));
            Attribute certificate = new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(new SigningCertificateV2(named)));
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            String kind = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                .setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(new AttributeTable(new ASN1EncodableVector() {{ add(certificate); }})))
                .build(new JcaContentSignerBuilder(kind).build(key), signer));
            generator.addCertificates(new JcaCertStore(Arrays.asList(chain)));
            return generator.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
        } catch (GeneralSecurityException | CMSException | org.bouncycastle.operator.OperatorCreationException fault) {
            throw new IOException(fault);
        }
    }
    static void certify(PDDocument document, PDSignature signature, int permission) {
        COSDictionary parameters = new COSDictionary();
        parameters.setItem(COSName.TYPE, COSName.getPDFName("TransformParams"));
        parameters.setInt(COSName.P, permission);
        parameters.setName(COSName.V, "1.2");
        COSDictionary reference = new COSDictionary();
        reference.setItem(COSName.TYPE, COSName.getPDFName("SigRef"));
        reference.setItem(COSName.getPDFName("TransformMethod"), COSName.DOCMDP);
        reference.setItem(COSName.getPDFName("DigestMethod"), COSName.getPDFName("SHA1"));
        reference.setItem(COSName.getPDFName("TransformParams"), parameters);
        COSArray references = new COSArray();
        references.add(reference);
        signature.getCOSObject().setItem(COSName.getPDFName("Reference"), references);
        COSDictionary permissions = new COSDictionary();
        permissions.setItem(COSName.DOCMDP, signature);
        document.getDocumentCatalog().getCOSObject().setItem(COSName.getPDFName("Perms"), permissions);
    }
    static void tag(PDDocument document) throws IOException {
        COSDictionary page = document.getPage(0).getCOSObject();
        COSDictionary tree = (COSDictionary) document.getDocumentCatalog().getCOSObject().getDictionaryObject("StructTreeRoot");
        COSDictionary top = (COSDictionary) ((COSArray) tree.getDictionaryObject("K")).getObject(0);
        COSDictionary numbers = (COSDictionary) tree.getDictionaryObject("ParentTree");
        int next = tree.getInt("ParentTreeNextKey");
        COSDictionary widget = document.getSignatureFields().get(document.getSignatureFields().size() - 1).getWidgets().get(0).getCOSObject();
        COSDictionary object = new COSDictionary();
        object.setItem(COSName.TYPE, COSName.getPDFName("OBJR"));
        object.setItem("Obj", widget);
        object.setItem("Pg", page);
        COSDictionary element = new COSDictionary();
        element.setItem(COSName.TYPE, COSName.getPDFName("StructElem"));
        element.setItem(COSName.S, COSName.getPDFName("Form"));
        element.setItem(COSName.P, top);
        element.setItem(COSName.K, object);
        widget.setInt("StructParent", next);
        ((COSArray) top.getDictionaryObject("K")).add(element);
        COSArray nums = (COSArray) numbers.getDictionaryObject("Nums");
        nums.add(COSInteger.get(next));
        nums.add(element);
        tree.setInt("ParentTreeNextKey", next + 1);
        for (COSUpdateInfo changed : List.of(widget, object, element, top, (COSArray) top.getDictionaryObject("K"), nums, numbers, tree)) changed.setNeedToBeUpdated(true);
    }
}

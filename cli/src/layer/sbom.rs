//! The bill of materials that lies beside a zip: what is linked into `bootstrap`, as CycloneDX.
//!
//! It says nothing of the time and nothing random, so that the same layer has the same bill.

use anyhow::{Context, ensure};
use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{SpecVersion, UrnUuid};
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;
use cyclonedx_bom::prelude::{Bom, Validate};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::build::sha256;
use super::checkout::{Checkout, Crate};
use super::compile::RUNTIME;
use super::interpreter::Sources;
use super::variant::Variant;

/// The version of CycloneDX; the newest that the library knows.
const SPECIFICATION: SpecVersion = SpecVersion::V1_5;
/// The crate that calls the interpreter.
const CALLER: &str = "mlua-sys";

/// The bill of the layer whose zip holds `bootstrap`, as JSON.
///
/// # Errors
/// A crate whose licence is no SPDX expression; a bill that is not CycloneDX.
pub fn describe(
    checkout: &Checkout,
    variant: Variant,
    sources: &Sources,
    bootstrap: &[u8],
    zip: &[u8],
) -> anyhow::Result<Vec<u8>> {
    let interpreter = interpreter(sources)?;
    let interpreter_ref = reference(&interpreter);
    let mut components = vec![interpreter];
    let mut dependencies = vec![Dependency {
        dependency_ref: interpreter_ref.clone(),
        dependencies: Vec::new(),
    }];
    let mut layer = None;
    for linked in &checkout.linked {
        let package = checkout.package(linked)?;
        let (name, below) = linked;
        let component = library("cargo", name, package.license.as_deref())?;
        let mut below = below
            .iter()
            .map(reference_of)
            .collect::<Result<Vec<_>, _>>()?;
        if name.name == CALLER {
            below.push(interpreter_ref.clone());
        }
        dependencies.push(Dependency {
            dependency_ref: reference(&component),
            dependencies: below,
        });
        if name.name == RUNTIME {
            layer = Some(Component {
                component_type: Classification::Application,
                description: Some(format!("bootstrap of the layer {variant}").as_str().into()),
                hashes: Some(hashes(bootstrap)),
                ..component
            });
        } else {
            components.push(component);
        }
    }
    let bom = Bom {
        spec_version: SPECIFICATION,
        serial_number: Some(serial_number(zip)),
        metadata: Some(Metadata {
            component: Some(layer.with_context(|| format!("cargo does not link {RUNTIME}"))?),
            ..Metadata::default()
        }),
        components: Some(Components(components)),
        dependencies: Some(Dependencies(dependencies)),
        ..Bom::default()
    };
    let faults = bom.validate();
    ensure!(
        faults.passed(),
        "the bill of materials would not be valid: {faults:?}"
    );
    let mut json = Vec::new();
    bom.output_as_json(&mut json, SPECIFICATION)
        .context("cannot write the bill of materials")?;
    json.push(b'\n');
    Ok(json)
}

/// The interpreter, whose sources a crate carries.
fn interpreter(sources: &Sources) -> anyhow::Result<Component> {
    let name = Crate {
        name: sources.name.to_owned(),
        version: sources.version.clone(),
    };
    // Each is under the MIT licence, as its notice says.
    library("generic", &name, Some("MIT"))
}

fn library(kind: &str, name: &Crate, license: Option<&str>) -> anyhow::Result<Component> {
    let purl = purl(kind, name)?;
    let mut component = Component::new(
        Classification::Library,
        &name.name,
        &name.version,
        Some(purl.to_string()),
    );
    component.purl = Some(purl);
    if let Some(license) = license {
        let expression = SpdxExpression::parse_lax(license.to_owned())
            .with_context(|| format!("the licence of {name}, {license:?}, is none of SPDX's"))?;
        component.licenses = Some(Licenses(vec![LicenseChoice::Expression(expression)]));
    }
    Ok(component)
}

fn purl(kind: &str, name: &Crate) -> anyhow::Result<Purl> {
    Purl::new(kind, &name.name, &name.version)
        .with_context(|| format!("{name} makes no package URL"))
}

/// How other parts of the bill speak of `component`.
fn reference(component: &Component) -> String {
    let reference = component.bom_ref.clone();
    reference.expect("every component of ours is made with one")
}

fn reference_of(name: &Crate) -> anyhow::Result<String> {
    Ok(purl("cargo", name)?.to_string())
}

fn hashes(bytes: &[u8]) -> Hashes {
    Hashes(vec![Hash {
        alg: HashAlgorithm::SHA_256,
        content: HashValue(sha256(bytes)),
    }])
}

/// The zip's SHA-256, as far as it fits into a UUID of the kind that is free to be filled.
fn serial_number(zip: &[u8]) -> UrnUuid {
    let digest = Sha256::digest(zip);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().into()
}

//! From images and labels to samples.

use super::IdxError;
use super::array::Array;
use crate::data::MAX_FEATURES;
use crate::data::samples::{FeatureKind, Place, Samples};
use ndarray::Array2;

/// Images, of any number of dimensions.
#[derive(Debug)]
pub struct Images<'a> {
    /// The pixels of all images, one image after another.
    pixels: &'a [u8],
    /// The dimensions of an image; their product is at most [`MAX_FEATURES`].
    shape: Vec<usize>,
}

/// The array of a file of images.
pub fn parse_images(bytes: &[u8]) -> Result<Images<'_>, IdxError> {
    let Array { dimensions, elements } = Array::parse(bytes)?;
    let Some((_, shape)) = dimensions.split_first().filter(|(_, shape)| !shape.is_empty()) else {
        return Err(IdxError::NotImages);
    };
    // Neither a dimension nor this product is larger than the number of elements in memory.
    let shape: Vec<usize> = shape.iter().map(|&d| d as usize).collect();
    let found = shape.iter().product();
    if found > MAX_FEATURES {
        return Err(IdxError::TooManyPixels { found, limit: MAX_FEATURES });
    }
    Ok(Images { pixels: elements, shape })
}

/// The labels of a file of labels.
pub fn parse_labels(bytes: &[u8]) -> Result<Vec<u8>, IdxError> {
    let array = Array::parse(bytes)?;
    match array.dimensions.len() {
        1 => Ok(array.elements.to_vec()),
        found => Err(IdxError::NotLabels { found }),
    }
}

/// Flattens each image, row by row, to features `pixel_{row}_{column}` from 0 to 255.
pub fn to_samples(images: &Images<'_>, labels: Option<&[u8]>) -> Result<Samples, IdxError> {
    let features = pixel_names(&images.shape);
    let count = images.pixels.len() / features.len();
    if let Some(labels) = labels.map(<[u8]>::len).filter(|&labels| labels != count) {
        return Err(IdxError::LabelCount { labels, images: count });
    }
    let values = images.pixels.iter().map(|&pixel| f32::from(pixel)).collect();
    let inputs = Array2::from_shape_vec((count, features.len()), values)
        .map_err(|error| IdxError::Shape(error.to_string()))?;
    Ok(Samples {
        inputs,
        labels: labels.unwrap_or_default().iter().map(u8::to_string).collect(),
        places: (0..count).map(Place::Item).collect(),
        features,
        kind: FeatureKind::Pixels,
    })
}

/// The names of the pixels of an image, the last dimension running fastest.
fn pixel_names(shape: &[usize]) -> Vec<String> {
    shape.iter().fold(vec!["pixel".to_string()], |names, &dimension| {
        names.iter().flat_map(|name| (0..dimension).map(move |index| format!("{name}_{index}"))).collect()
    })
}
